import '../form/form.css'

export { default } from '../form/FormScreen.vue'
